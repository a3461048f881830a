<?xml version="1.0" encoding="UTF-8"?>
<!-- MPEG-21 DIDL from the XOAI document of an item: its identifier, its Dublin Core, and its own files by reference.

     The Dublin Core is what oai_dc.xsl makes. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:d="urn:mpeg:mpeg21:2002:02-DIDL-NS"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:import href="oai_dc.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <xsl:template match="/"><xsl:apply-templates select="x:metadata"/></xsl:template>

  <xsl:template match="x:metadata">
    <xsl:variable name="handle" select="x:element[@name='others']/x:field[@name='handle']"/>
    <!-- Identifiers inside a document are XML names: what a name can't hold becomes an underscore. -->
    <xsl:variable name="safe" select="'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-'"/>
    <xsl:variable name="id" select="concat('hdl_',
        translate($handle, translate($handle, $safe, ''), '________________________________'))"/>
    <d:DIDL xsi:schemaLocation="urn:mpeg:mpeg21:2002:02-DIDL-NS http://standards.iso.org/ittf/PubliclyAvailableStandards/MPEG-21_schema_files/did/didl.xsd">
      <xsl:for-each select="x:element[@name='dc']/x:element[@name='date']/x:element[@name='available']
          /descendant::x:field[@name='value'][1]">
        <d:DIDLInfo>
          <dcterms:created xmlns:dcterms="http://purl.org/dc/terms/"
              xsi:schemaLocation="http://purl.org/dc/terms/ http://dublincore.org/schemas/xmls/qdc/dcterms.xsd">
            <xsl:value-of select="."/>
          </dcterms:created>
        </d:DIDLInfo>
      </xsl:for-each>
      <d:Item id="{$id}">
        <d:Descriptor>
          <d:Statement mimeType="application/xml; charset=utf-8">
            <dii:Identifier xmlns:dii="urn:mpeg:mpeg21:2002:01-DII-NS"
                xsi:schemaLocation="urn:mpeg:mpeg21:2002:01-DII-NS http://standards.iso.org/ittf/PubliclyAvailableStandards/MPEG-21_schema_files/dii/dii.xsd">
              <xsl:value-of select="concat('urn:hdl:', $handle)"/>
            </dii:Identifier>
          </d:Statement>
        </d:Descriptor>
        <d:Descriptor>
          <d:Statement mimeType="application/xml; charset=utf-8">
            <xsl:for-each select="/"><xsl:call-template name="dublin-core"/></xsl:for-each>
          </d:Statement>
        </d:Descriptor>
        <xsl:for-each select="x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
            /x:element[@name='bitstreams']/x:element">
          <d:Component id="{$id}_{x:field[@name='sid']}">
            <xsl:if test="not(x:field[@name='sid'])">
              <xsl:attribute name="id"><xsl:value-of select="concat($id, '_n', position())"/></xsl:attribute>
            </xsl:if>
            <d:Resource ref="{x:field[@name='url']}" mimeType="{x:field[@name='format']}"/>
          </d:Component>
        </xsl:for-each>
      </d:Item>
    </d:DIDL>
  </xsl:template>
</xsl:stylesheet>
