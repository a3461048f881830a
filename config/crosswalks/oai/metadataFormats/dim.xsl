<?xml version="1.0" encoding="UTF-8"?>
<!-- DSpace Intermediate Metadata (DIM) from the XOAI document of an item: all its metadata, nothing lost.

     One field per value, with schema, element, qualifier, language, and the key of an authority with its confidence.
     What the document says beside metadata (access status, files) is left out: a DSpace that harvests this would take
     it for metadata of a schema it does not know. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:dim="http://www.dspace.org/xmlns/dspace/dim"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <xsl:template match="/x:metadata">
    <dim:dim xsi:schemaLocation="http://www.dspace.org/xmlns/dspace/dim http://www.dspace.org/schema/dim.xsd">
      <xsl:for-each select="x:element[not(@name='bundles' or @name='others' or @name='repository' or @name='license')]
          /x:element/descendant::x:field[@name='value']">
        <xsl:variable name="qualified" select="boolean(../../../../parent::x:metadata)"/>
        <dim:field>
          <xsl:choose>
            <xsl:when test="$qualified">
              <xsl:attribute name="mdschema"><xsl:value-of select="../../../../@name"/></xsl:attribute>
              <xsl:attribute name="element"><xsl:value-of select="../../../@name"/></xsl:attribute>
              <xsl:attribute name="qualifier"><xsl:value-of select="../../@name"/></xsl:attribute>
            </xsl:when>
            <xsl:otherwise>
              <xsl:attribute name="mdschema"><xsl:value-of select="../../../@name"/></xsl:attribute>
              <xsl:attribute name="element"><xsl:value-of select="../../@name"/></xsl:attribute>
            </xsl:otherwise>
          </xsl:choose>
          <xsl:if test="../@name != 'none'">
            <xsl:attribute name="lang"><xsl:value-of select="../@name"/></xsl:attribute>
          </xsl:if>
          <!-- A value's authority and confidence follow it, if it has any. -->
          <xsl:for-each select="following-sibling::x:field[1][@name='authority']">
            <xsl:attribute name="authority"><xsl:value-of select="."/></xsl:attribute>
            <xsl:for-each select="following-sibling::x:field[1][@name='confidence']">
              <xsl:attribute name="confidence"><xsl:value-of select="."/></xsl:attribute>
            </xsl:for-each>
          </xsl:for-each>
          <xsl:value-of select="."/>
        </dim:field>
      </xsl:for-each>
    </dim:dim>
  </xsl:template>
</xsl:stylesheet>
