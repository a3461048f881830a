<?xml version="1.0" encoding="UTF-8"?>
<!-- Dublin Core in RDF/XML (rdf) from the XOAI document of an item.

     In an XOAI document an unqualified value stands under schema/element/language/field, a qualified one under
     schema/element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:ow="http://www.ontoweb.org/ontology/1#"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>
  <!-- The elements of dc by name: found so in less than half of the time that going through all of them takes. -->
  <xsl:key name="dc" match="/x:metadata/x:element[@name='dc']/x:element" use="@name"/>

  <xsl:template match="/x:metadata">
    <rdf:RDF xsi:schemaLocation="http://www.w3.org/1999/02/22-rdf-syntax-ns# http://www.openarchives.org/OAI/2.0/rdf.xsd">
      <ow:Publication rdf:about="{x:element[@name='others']/x:field[@name='identifier']}">
        <xsl:apply-templates select="key('dc', 'title')//x:field"/>
        <xsl:apply-templates select="key('dc', 'creator')//x:field"/>
        <!-- DSpace keeps authors as contributors. -->
        <xsl:apply-templates select="key('dc', 'contributor')/x:element[@name='author']//x:field">
          <xsl:with-param name="as">creator</xsl:with-param>
        </xsl:apply-templates>
        <xsl:apply-templates select="key('dc', 'contributor')/x:element[@name!='author']//x:field"/>
        <xsl:apply-templates select="key('dc', 'subject')//x:field"/>
        <!-- Who did what to the item is no description of it. -->
        <xsl:apply-templates select="key('dc', 'description')/x:element[@name!='provenance']//x:field"/>
        <xsl:apply-templates select="key('dc', 'date')//x:field"/>
        <xsl:apply-templates select="key('dc', 'type')//x:field"/>
        <xsl:apply-templates select="key('dc', 'identifier')//x:field"/>
        <xsl:apply-templates select="key('dc', 'language')//x:field"/>
        <xsl:apply-templates select="key('dc', 'relation')//x:field"/>
        <xsl:apply-templates select="key('dc', 'rights')//x:field"/>
        <xsl:apply-templates select="key('dc', 'format')//x:field"/>
        <!-- The media types of the item's own files, each once. -->
        <xsl:variable name="files" select="x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
          /x:element[@name='bitstreams']/x:element/x:field[@name='format']"/>
        <xsl:for-each select="$files">
          <xsl:variable name="place" select="position()"/>
          <xsl:if test="normalize-space() and not($files[position() &lt; $place] = .)">
            <dc:format><xsl:value-of select="."/></dc:format>
          </xsl:if>
        </xsl:for-each>
        <xsl:apply-templates select="key('dc', 'coverage')//x:field"/>
        <xsl:apply-templates select="key('dc', 'publisher')//x:field"/>
        <xsl:apply-templates select="key('dc', 'source')//x:field"/>
      </ow:Publication>
    </rdf:RDF>
  </xsl:template>

  <!-- A value becomes an element of Dublin Core: that of its own name, unless another is asked for. -->
  <xsl:template match="x:field[@name='value'][normalize-space()]">
    <xsl:param name="as" select="ancestor::x:element[last() - 1]/@name"/>
    <xsl:element name="dc:{$as}"><xsl:value-of select="."/></xsl:element>
  </xsl:template>
  <!-- Authorities, confidences and blanks. -->
  <xsl:template match="x:field"/>
</xsl:stylesheet>
